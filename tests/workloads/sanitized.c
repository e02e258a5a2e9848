/* A program for sanitizers. memprobe's tests build it with cc alone.
 *
 * sanitized see: what it finds of itself. overflow, leak, race: a bug, each for another sanitizer.
 * run COMMAND...: another program as a child, whose exit status it takes. */
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

static int shared;

static void *count(void *nothing)
{
    for (int i = 0; i < 1000; i++)
        shared++;
    return nothing;
}

static void see(char **argv)
{
    for (char **each = argv; *each; each++)
        printf("argument %s\n", *each);
    for (char **each = environ; *each; each++)
        printf("variable %s\n", *each);
    char name[32] = {0}, place[4096] = {0};
    int file = open("/proc/self/comm", O_RDONLY);
    if (read(file, name, sizeof name - 1) < 0 || readlink("/proc/self/exe", place, 4095) < 0)
        exit(9);
    printf("name %sprogram %s\ndescriptor %d\n", name, place, file);
}

int main(int argc, char **argv)
{
    const char *mode = argc > 1 ? argv[1] : "";
    volatile char *block = malloc(10);
    if (strcmp(mode, "see") == 0) {
        see(argv);
    } else if (strcmp(mode, "overflow") == 0) {
        volatile int place = 10;
        block[place] = 1;
    } else if (strcmp(mode, "leak") == 0) {
        block = malloc(20);
        block = malloc(30);
    } else if (strcmp(mode, "race") == 0) {
        pthread_t threads[2];
        for (int i = 0; i < 2; i++)
            pthread_create(&threads[i], NULL, count, NULL);
        for (int i = 0; i < 2; i++)
            pthread_join(threads[i], NULL);
    } else if (strcmp(mode, "run") == 0 && argc > 2) {
        int status = 0;
        fflush(NULL);
        if (fork() == 0) {
            execvp(argv[2], argv + 2);
            _exit(127);
        }
        wait(&status);
        free((void *)block);
        return WEXITSTATUS(status);
    }
    free((void *)block);
    return 3;
}
