import { configureGlobal } from 'fast-check';

// The same cases in every run: a red run is one of the change at hand. `PYCRASH_PROPERTY_SEED=$RANDOM npm test` looks further.
configureGlobal({ seed: Number(process.env['PYCRASH_PROPERTY_SEED'] ?? 20_261_123) });
