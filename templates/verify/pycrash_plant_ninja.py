"""What `pycrash verify` plants in django-ninja: a note of each API, whose handlers answer what its operations raise."""

APIS = []


def plant_apis(main):
    make = main.NinjaAPI.__init__

    def __init__(self, *args, **kwargs):
        make(self, *args, **kwargs)
        APIS.append(self)

    main.NinjaAPI.__init__ = __init__


# It is no framework of its own.
FRAMEWORKS = []
PLANTS = {"ninja.main": plant_apis}
