#include "CEditLine.h"

#include <stdio.h>
#include <termios.h>
#include <unistd.h>
// libedit's header names FILE without including its own.
#include <editline/readline.h>

static struct termios before;
static volatile int is_reading = 0;

char *gm_edit_line(const char *prompt) {
  rl_outstream = stderr;
  rl_catch_signals = 0;
  is_reading = tcgetattr(STDIN_FILENO, &before) == 0;
  char *line = readline(prompt);
  is_reading = 0;
  return line;
}

void gm_edit_remember(const char *line) { add_history(line); }

void gm_edit_restore(void) {
  if (is_reading) tcsetattr(STDIN_FILENO, TCSANOW, &before);
}
