/** What the name of an encrypted core ends with; the format is age-encryption.org/v1. */
export const AGE_SUFFIX = '.age';
