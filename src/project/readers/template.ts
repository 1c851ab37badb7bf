/** Stands for each character of a value that a template puts in. A private-use character: no source of ours has it. */
export const PLACEHOLDER = '\ue000';

export interface MaskedText {
  /** As long as the template, so that offsets stay right. */
  text: string;
  /** Were there tags at all? */
  templated: boolean;
}

/**
 * Jinja, Django and Helm templates as the text around their tags: statement tags (`{% … %}`, `{{- if … }}`) and
 * comments become blanks, values (`{{ … }}`) placeholders. Both branches of an `if` stay.
 */
export function maskTemplate(text: string): MaskedText {
  if (!text.includes('{{') && !text.includes('{%')) return { text, templated: false };
  let templated = false;
  const masked = text.replace(/\{%[\s\S]*?%\}|\{#[^\n]*?#\}|\{\{[\s\S]*?\}\}/g, (tag, offset: number) => {
    templated = true;
    const statement =
      !tag.startsWith('{{') ||
      /^\{\{-?\s*(?:\/\*|(?:if|else|end|range|with|define|template|block|break|continue)\b|\$\w+\s*:?=)/.test(
        tag,
      );
    // a tag alone on its line brings lines of its own (`{{ toYaml … | nindent 8 }}`): none of them is known
    const before = text.slice(text.lastIndexOf('\n', offset - 1) + 1, offset);
    const rest = /^[^\n]*/.exec(text.slice(offset + tag.length))?.[0] ?? '';
    const alone = before.trim() === '' && rest.trim() === '';
    return tag.replace(/[^\r\n]/g, statement || alone ? ' ' : PLACEHOLDER);
  });
  return { text: masked, templated };
}

/** A value that was read from masked text with its tags put back; `raw` is the source of the whole value. */
export function unmasked(value: string, raw: string): string {
  if (!value.includes(PLACEHOLDER)) return value;
  const tags = raw.match(/\{\{[\s\S]*?\}\}/g) ?? [];
  let next = 0;
  return value.replace(new RegExp(`${PLACEHOLDER}+`, 'g'), () => tags[next++] ?? '{{ }}');
}
