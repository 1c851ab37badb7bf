"""
What `pycrash verify` plants in graphql-core, which graphene, strawberry and ariadne run on: the resolver of `__typename`,
which every schema has, fails where the alias of the field asks this process for it.
"""

import os

from pycrash_planted import price


def plant_typename(introspection):
    field = introspection.TypeNameMetaFieldDef
    # graphql-core 2 has the latter
    attribute = "resolve" if hasattr(field, "resolve") else "resolver"
    original = getattr(field, attribute)

    def resolve(source, info, **arguments):
        path = info.path
        alias = path[-1] if isinstance(path, list) else path.key
        if alias == "pycrash_crash_%d" % os.getpid():
            return price(alias)
        return original(source, info, **arguments)

    setattr(field, attribute, resolve)


# It is no framework of its own.
FRAMEWORKS = []
PLANTS = {"graphql.type.introspection": plant_typename}
