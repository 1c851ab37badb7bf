/** A framework whose application is an object that is watched in place. One file a framework. */
export interface Framework {
  /** As in `Application.framework`. */
  name: string;
  /** As people write it. */
  title: string;
  /** On PyPI. */
  distribution: string;
  /** The classes that make an application, by the modules that have them. */
  constructors: Readonly<Record<string, readonly string[]>>;
  /** Classes of other packages that derive from its class, by what people call such a class: `brainzutils.flask.CustomFlask`. */
  derived?: RegExp;
  /** The attribute of what the constructor makes that is the application; not there where that is itself the application. */
  part?: string;
  kind: 'wsgi' | 'asgi' | 'http' | 'worker';
  /** Methods that make an application, of whatever object. What they return is not watched in place: the call is wrapped. */
  methods?: readonly string[];
  /** The function of the generated module that watches an application; `templates/python/frameworks` has it. */
  call: string;
  /** The constructors are functions that serve the framework's own application, which nobody makes: `bottle.run()`. */
  runsDefault?: true;
}
