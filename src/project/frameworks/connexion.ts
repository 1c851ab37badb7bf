import { flask } from './flask.ts';
import type { Framework } from './framework.ts';

/**
 * Its application has one of Flask's, which calls `handle_exception()` before Connexion answers (connexion/apps/flask.py
 * of 3: PROPAGATE_EXCEPTIONS; flask_app.py of 2: an error handler for each status). `AsyncApp` has none.
 */
export const connexion: Framework = {
  ...flask,
  constructors: {
    connexion: ['App', 'FlaskApp'],
    'connexion.apps.flask': ['FlaskApp'],
    'connexion.apps.flask_app': ['FlaskApp'],
  },
  derived: /^connexion\b.*\.FlaskApp$/,
  part: 'app',
};
