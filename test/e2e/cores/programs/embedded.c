/* A Python program that is not python: the interpreter as a library in another executable. */
int Py_BytesMain(int argc, char **argv);

int main(int argc, char **argv) { return Py_BytesMain(argc, argv); }
