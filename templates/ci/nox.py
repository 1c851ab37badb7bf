@nox.session(python=False)
def pycrash(session):
    """Is crash handling still wired?"""
    # npx comes with Node: a virtual environment is of no use to it
    session.run("npx", "--yes", "pycrash-init@{{ version }}", "check", *session.posargs, external=True)
