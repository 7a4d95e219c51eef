// What the peers have in common: they read commands by lines, and answer each by a line.
#pragma once

#include <dirent.h>
#include <errno.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>

/// Says the name of errno, as Node has it.
static inline void say_error(void) {
  static const struct {
    int number;
    const char *name;
  } names[] = {{E2BIG, "E2BIG"},   {EACCES, "EACCES"}, {EAGAIN, "EAGAIN"}, {EEXIST, "EEXIST"}, {EFBIG, "EFBIG"},
               {EIDRM, "EIDRM"},   {EINTR, "EINTR"},   {EINVAL, "EINVAL"}, {ENOENT, "ENOENT"}, {ENOMSG, "ENOMSG"},
               {ENOSPC, "ENOSPC"}, {EPERM, "EPERM"},   {ERANGE, "ERANGE"}};
  const int error = errno;
  for (size_t i = 0; i < sizeof names / sizeof *names; i += 1)
    if (names[i].number == error) {
      printf("%s\n", names[i].name);
      return;
    }
  printf("errno %d\n", error);
}

/// Waits until `count` threads of the process are in the system call `number`. Looks and looks again: the kernel tells
/// nobody that someone waits.
static inline void until_blocked(pid_t pid, long number, int count) {
  char path[600];
  for (;;) {
    int blocked = 0;
    snprintf(path, sizeof path, "/proc/%d/task", pid);
    DIR *tasks = opendir(path);
    if (tasks == NULL) exit(2);
    for (struct dirent *task = readdir(tasks); task != NULL; task = readdir(tasks)) {
      snprintf(path, sizeof path, "/proc/%d/task/%s/syscall", pid, task->d_name);
      FILE *file = task->d_name[0] == '.' ? NULL : fopen(path, "r");
      if (file == NULL) continue;
      long current = -1;
      // "running" is no number.
      if (fscanf(file, "%ld", &current) == 1 && current == number) blocked += 1;
      fclose(file);
    }
    closedir(tasks);
    if (blocked >= count) return;
    sched_yield();
  }
}

/// The next command, without its end of line, or nothing at the end.
static inline char *next_line(char *line, size_t size) {
  if (fgets(line, (int)size, stdin) == NULL) return NULL;
  line[strcspn(line, "\n")] = 0;
  return line;
}

/// After the command's name: "rest" of "name rest", or nothing where it is another command.
static inline char *after(char *line, const char *name) {
  const size_t length = strlen(name);
  if (strncmp(line, name, length) != 0) return NULL;
  if (line[length] == 0) return line + length;
  return line[length] == ' ' ? line + length + 1 : NULL;
}
