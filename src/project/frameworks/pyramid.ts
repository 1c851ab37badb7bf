import type { Framework } from './framework.ts';

/**
 * What no exception view takes comes out of the WSGI application (pyramid/tweens.py, excview_tween_factory). The class of
 * that has no place to hook into, and the Configurator's may put anything around it: so the call that makes it is wrapped.
 */
export const pyramid: Framework = {
  name: 'pyramid',
  title: 'Pyramid',
  distribution: 'pyramid',
  constructors: {},
  methods: ['make_wsgi_app'],
  kind: 'wsgi',
  call: 'watch_pyramid',
};
