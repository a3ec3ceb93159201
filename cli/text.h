/* Columns of a terminal, which are neither bytes nor characters. */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

/* Texts are UTF-8, whatever the environment says: to be called before text_fit(), curses and
 * threads. */
void text_begin(void);
/* How many bytes of the text fit into so many columns; *left: the columns that stay empty. */
int text_fit(const char *text, int columns, int *left);
/* How many columns to fill up after the whole text, which may need more. */
int text_pad(const char *text, int columns);

#endif
