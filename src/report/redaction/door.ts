declare const passed: unique symbol;

/** A text that went through the redaction: nothing else is a text of the report (`Through`). */
export type Shown = string & { readonly [passed]: true };

/** The same data with every free text as one that went through the redaction: a field that does not is a type error. */
export type Through<T> = T extends string
  ? string extends T
    ? Shown
    : T
  : T extends readonly (infer Item)[]
    ? Through<Item>[]
    : T extends object
      ? { [Field in keyof T]: Through<T[Field]> }
      : T;

/** How much a report says. `strict`: no text of the process at all; for a ticket that everybody can read. */
export type RedactionLevel = 'strict' | 'default' | 'none';
