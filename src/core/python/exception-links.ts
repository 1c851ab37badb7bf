import type { ChainedException } from '../../report/model.ts';
import { LIMITS } from '../limits.ts';

/** An exception and the one that leads to it. */
export interface ExceptionLink {
  address: number;
  relation: ChainedException['relation'];
  /** Address of the exception that it is the cause, context or member of. */
  of: number | undefined;
  suppressed: boolean;
}

/** What is read of an exception to find what it leads to. */
interface ExceptionGraph {
  is(address: number): boolean;
  members(address: number): readonly number[];
  cause(address: number): number;
  context(address: number): number;
  suppresses(address: number): boolean;
}

// docs/crash-record.md: the fingerprint is made of the first fifty that Python's traceback would print.
const FIRST = LIMITS.links / 2;
const LAST = LIMITS.links / 4;

/** What an exception leads to, `most` of it, each once: depth first, the members of a group, the cause, the context. */
export function exceptionLinks(
  first: number,
  most: number,
  graph: ExceptionGraph,
): { links: ExceptionLink[]; complete: boolean } {
  const links: ExceptionLink[] = [];
  const seen = new Set<number>();
  const waiting: ExceptionLink[] = [{ address: first, relation: null, of: undefined, suppressed: false }];
  let complete = true;
  for (let link = waiting.pop(); link !== undefined; link = waiting.pop()) {
    const { address } = link;
    if (seen.has(address) || !graph.is(address)) continue;
    if (links.length >= most) {
      complete = false;
      break;
    }
    seen.add(address);
    links.push(link);
    const [cause, context] = [graph.cause(address), graph.context(address)];
    const suppressed = context !== cause && graph.suppresses(address);
    if (context !== 0 && context !== cause) {
      waiting.push({ address: context, relation: 'context', of: address, suppressed });
    }
    if (cause !== 0) waiting.push({ address: cause, relation: 'cause', of: address, suppressed: false });
    const members = graph.members(address);
    if (members.length >= most) complete = false;
    for (let at = members.length - 1; at >= 0; at -= 1) {
      waiting.push({ address: members[at] ?? 0, relation: 'group', of: address, suppressed: false });
    }
  }
  return { links, complete };
}

/**
 * Those that a report shows: the first ones as a traceback prints them, the way to the root cause, and the last ones. What
 * is left out is counted where it was.
 */
export function keptLinks(
  links: readonly ExceptionLink[],
): (ExceptionLink & { between: number; membersLeftOut: number })[] {
  const tree = new LinkTree(links);
  const kept = new Set<ExceptionLink>(links.length <= LIMITS.links ? links : tree.firstPrinted(FIRST));
  for (const link of tree.toRootCause().slice(-LAST)) kept.add(link);
  for (const link of links.slice(-LAST)) kept.add(link);
  const shown = [];
  for (const link of links) {
    if (!kept.has(link)) continue;
    let between = 0;
    let parent = tree.parent(link);
    while (parent !== undefined && !kept.has(parent)) {
      between += 1;
      parent = tree.parent(parent);
    }
    const membersLeftOut = tree.related(link, 'group').filter((member) => !kept.has(member)).length;
    shown.push({ ...link, of: parent?.address, between, membersLeftOut });
  }
  return shown;
}

class LinkTree {
  private readonly byAddress = new Map<number, ExceptionLink>();
  private readonly children = new Map<number, ExceptionLink[]>();
  private readonly links: readonly ExceptionLink[];

  constructor(links: readonly ExceptionLink[]) {
    this.links = links;
    for (const link of links) {
      this.byAddress.set(link.address, link);
      if (link.of === undefined) continue;
      const siblings = this.children.get(link.of);
      if (siblings === undefined) this.children.set(link.of, [link]);
      else siblings.push(link);
    }
  }

  parent(link: ExceptionLink): ExceptionLink | undefined {
    return link.of === undefined ? undefined : this.byAddress.get(link.of);
  }

  related(link: ExceptionLink, relation: ExceptionLink['relation']): ExceptionLink[] {
    return (this.children.get(link.address) ?? []).filter((each) => each.relation === relation);
  }

  /** In the order in which the fingerprint visits them. */
  firstPrinted(most: number): ExceptionLink[] {
    const found: ExceptionLink[] = [];
    const waiting = this.links.slice(0, 1);
    for (let link = waiting.pop(); link !== undefined && found.length < most; link = waiting.pop()) {
      found.push(link);
      const reason = this.reason(link);
      if (reason !== undefined) waiting.push(reason);
      waiting.push(...this.related(link, 'group').slice(0, most).reverse());
    }
    return found;
  }

  /** From the first one to what began it all. */
  toRootCause(): ExceptionLink[] {
    const found: ExceptionLink[] = [];
    for (let link = this.links[0]; link !== undefined; link = this.reason(link)) found.push(link);
    return found;
  }

  /** The cause, or else the context that is printed. */
  private reason(link: ExceptionLink): ExceptionLink | undefined {
    return this.related(link, 'cause')[0] ?? this.related(link, 'context').find((each) => !each.suppressed);
  }
}
