// Lines that are edited on a terminal, with a history, by libedit.
#ifndef GAMMA_MOD_CEDITLINE_H
#define GAMMA_MOD_CEDITLINE_H

// Reads a line behind a prompt that is shown on standard error; NULL at the end of the input. The caller frees it.
char *gm_edit_line(const char *prompt);

// Lets later lines call this one back.
void gm_edit_remember(const char *line);

// Gives the terminal back as it was before the line that is being read; for use when the process ends in the middle.
void gm_edit_restore(void);

#endif
