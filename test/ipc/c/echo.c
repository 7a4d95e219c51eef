// Says what it was told: for the tests of the peers themselves.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv) {
  setvbuf(stdout, NULL, _IOLBF, 0);
  for (int i = 1; i < argc; i += 1) printf("%s\n", argv[i]);
  printf("%d\n", getuid());
  char line[256];
  while (fgets(line, sizeof line, stdin) != NULL) {
    line[strcspn(line, "\n")] = 0;
    if (strncmp(line, "exit ", 5) == 0) {
      fprintf(stderr, "bye\n");
      exit(atoi(line + 5));
    }
    printf("<%s>\n", line);
  }
  return 0;
}
