/* Graph drawings: DOT text to a file, as SVG where its name ends so. */
#ifndef LQ_TOOLS_PICTURE_H
#define LQ_TOOLS_PICTURE_H

/* Writes DOT to `file`; a name in .svg is drawn by Graphviz's `dot`. 0, or -1 after an error message for command `name`. */
int picture_write(const char *name, const char *dot, const char *file);

#endif
