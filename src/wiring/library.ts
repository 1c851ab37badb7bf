import { inFolder, MODULE, type Situation, type Wiring } from './wiring.ts';

const PENDING = `from django.core.exceptions import MiddlewareNotUsed


class AbortOnUncaughtExceptionMiddleware:
    def __init__(self, get_response):
        raise MiddlewareNotUsed


def wrap_wsgi(application):
    return application


def wrap_asgi(application):
    return application
`;

/** The generated module in the project package. */
export function wireLibrary({ application }: Situation): Wiring {
  const path = inFolder(application.packageFolder, `${MODULE}.py`);
  return {
    wishes: [{ kind: 'library', path, text: PENDING, others: 'refuse' }],
    notes: [],
    impossible: [],
  };
}
