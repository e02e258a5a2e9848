/* A program whose heap is known to the byte. memprobe's tests build it with cc alone.
 *
 * heap MODE [NUMBER]...: see main. Sizes are in MiB, times in milliseconds. What it prints first is
 * how many bytes it holds at its fullest, by the allocator's own account. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#define MIB (1UL << 20)

extern char **environ;

#ifdef TAKE_ADDRESSES
/* Linked to a fixed place, the program then has stubs of these of its own. */
void *const taken[] = {malloc, calloc, realloc, free, mmap, munmap};
#endif

static void wait_ms(long ms) { usleep((useconds_t)ms * 1000); }

static void say(unsigned long bytes)
{
    char line[32];
    int length = snprintf(line, sizeof line, "%lu\n", bytes);
    if (write(1, line, (size_t)length) != length)
        _exit(9);
}

static void tell_progress(long rows)
{
    const char *fd = getenv("MEMPROBE_FD");
    char line[48];
    int length = snprintf(line, sizeof line, "progress %ld\n", rows);
    if (fd && write(atoi(fd), line, (size_t)length) != length)
        _exit(9);
}

/* A chain of blocks of which each holds the address of the one before; how much they hold. */
static unsigned long fill(void **chain, unsigned long bytes, size_t size)
{
    unsigned long held = 0;
    while (held < bytes) {
        void *block = malloc(size);
        memset(block, 1, size);
        *(void **)block = *chain;
        *chain = block;
        held += malloc_usable_size(block);
    }
    return held;
}

static void empty(void **chain)
{
    while (*chain) {
        void *next = *(void **)*chain;
        free(*chain);
        *chain = next;
    }
}

/* Allocates and frees, and then keeps as many bytes as it is told, which it replaces with what they hold. */
static void *churn(void *held)
{
    void *blocks[64] = {0};
    unsigned long state = (unsigned long)pthread_self() | 1;
    for (int step = 0; step < 300000; step++) {
        state = state * 6364136223846793005UL + 1442695040888963407UL;
        unsigned place = state >> 58, size = (state >> 40) & 2047;
        if (step % 3 == 0) {
            blocks[place] = realloc(blocks[place], size + 1);
        } else {
            free(blocks[place]);
            blocks[place] = step % 3 == 1 ? malloc(size) : aligned_alloc(64, 64 * (size / 64 + 1));
        }
    }
    for (int place = 0; place < 64; place++)
        free(blocks[place]);
    void *chain = NULL;
    *(unsigned long *)held = fill(&chain, *(unsigned long *)held, 1000);
    return chain;
}

static int is(const char *mode, char **argv) { return strcmp(mode, argv[1]) == 0; }

int main(int argc, char **argv)
{
    long n[4] = {0};
    for (int i = 2; i < argc && i < 6; i++)
        n[i - 2] = atol(argv[i]);
    void *chain = NULL;
    if (is("hold", argv)) { /* MIB MS: the same all the time, never freed */
        say(fill(&chain, (unsigned long)n[0] * MIB, 1000));
        wait_ms(n[1]);
    } else if (is("release", argv)) { /* MIB MS: all but the last block is freed */
        unsigned long held = fill(&chain, (unsigned long)n[0] * MIB, 1000);
        void *last = malloc(1000);
        say(held + malloc_usable_size(last));
        wait_ms(n[1]);
        empty(&chain);
        wait_ms(n[1]);
        *(char *)last = 1;
    } else if (is("spike", argv)) { /* MIB MS: for as short as can be */
        wait_ms(n[1]);
        void *block = malloc((size_t)n[0] * MIB);
        *(char *)block = 1;
        say(malloc_usable_size(block));
        free(block);
        wait_ms(n[1]);
    } else if (is("sawtooth", argv)) { /* MIB TEETH MS: each for a millisecond, MS apart */
        for (long tooth = 0; tooth < n[1]; tooth++) {
            unsigned long held = fill(&chain, (unsigned long)n[0] * MIB, 1000);
            if (tooth == 0)
                say(held);
            wait_ms(1);
            empty(&chain);
            wait_ms(n[2]);
        }
    } else if (is("leak", argv)) { /* BYTES ROWS MS: so many each row, which is told */
        unsigned long held = 0;
        for (long row = 0; row < n[1]; row++) {
            void *block = calloc(1, (size_t)n[0]);
            *(char *)block = 1;
            held += malloc_usable_size(block);
            if (row % 1000 == 999) {
                tell_progress(row + 1);
                wait_ms(n[2]);
            }
        }
        say(held);
    } else if (is("grow", argv)) { /* MIB MS: by realloc, from a byte on */
        void *block = NULL;
        for (size_t size = 1; size <= (size_t)n[0] * MIB; size *= 2)
            block = reallocarray(block, size, 1);
        say(malloc_usable_size(block));
        wait_ms(n[1]);
    } else if (is("aligned", argv)) { /* MIB MS: from each function that aligns; another goes again */
        size_t size = (size_t)n[0] * MIB;
        void *volatile none = realloc(malloc(size), 0);
        void *blocks[] = {none, memalign(64, size), valloc(size), pvalloc(size), aligned_alloc(64, size)};
        unsigned long held = 0;
        if (posix_memalign(&blocks[0], 4096, size) != 0)
            return 11;
        for (int i = 0; i < 5; i++)
            held += malloc_usable_size(blocks[i]);
        say(held);
        wait_ms(n[1]);
    } else if (is("threads", argv)) { /* COUNT MS MIB: busy ones, of which each keeps MIB */
        pthread_t threads[64];
        unsigned long held[64], sum = 0;
        for (long i = 0; i < n[0]; i++) {
            held[i] = (unsigned long)n[2] * MIB;
            pthread_create(&threads[i], NULL, churn, &held[i]);
        }
        for (long i = 0; i < n[0]; i++) {
            pthread_join(threads[i], NULL);
            sum += held[i];
        }
        say(sum);
        wait_ms(n[1]);
    } else if (is("forks", argv)) { /* COUNT MIB MORE MS: children with MORE of their own */
        unsigned long held = fill(&chain, (unsigned long)n[1] * MIB, 1000);
        for (long i = 0; i < n[0]; i++) {
            if (fork() == 0) {
                void *own = NULL;
                fill(&own, (unsigned long)n[2] * MIB, 1000);
                wait_ms(n[3]);
                _exit(0);
            }
        }
        say(held + (unsigned long)(n[0] * n[2]) * MIB);
        while (wait(NULL) > 0)
            ;
    } else if (is("orphan", argv)) { /* MIB MS: the parent ends, the child holds what it had */
        say(fill(&chain, (unsigned long)n[0] * MIB, 1000));
        if (fork() == 0) {
            if (fork() == 0)
                wait_ms(n[1]);
            _exit(0);
        }
        wait(NULL);
        empty(&chain);
        wait_ms(n[1] + 50);
    } else if (is("exec", argv)) { /* MIB LESS MS: becomes a program that holds less */
        unsigned long held = fill(&chain, (unsigned long)n[0] * MIB, 1000);
        say(held);
        wait_ms(n[2]);
        execl("/proc/self/exe", argv[0], "hold", argv[3], argv[4], NULL);
    } else if (is("spawn", argv)) { /* MIB MS: runs others, by vfork and the like */
        say(fill(&chain, (unsigned long)n[0] * MIB, 1000));
        for (int i = 0; i < 3; i++) {
            pid_t id;
            char *command[] = {"sleep", "0.1", NULL};
            if (posix_spawnp(&id, "sleep", NULL, NULL, command, environ) != 0)
                return 3;
            waitpid(id, NULL, 0);
            if (system("true") != 0)
                return 4;
        }
    } else if (is("map", argv)) { /* MIB MS: maps, gives half back, reserves, protects */
        size_t size = (size_t)n[0] * MIB;
        char *at = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        munmap(at + size / 4, size / 2);
        char *reserved = mmap(NULL, 16 * size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        mprotect(reserved + size, size, PROT_READ | PROT_WRITE);
        at = mremap(at, size / 4, size / 2, MREMAP_MAYMOVE);
        say(size / 2 + size / 4 + size);
        wait_ms(n[1]);
        if (at == MAP_FAILED || munmap(at, size / 2) != 0)
            return 5;
        wait_ms(n[1]);
    } else if (is("remap", argv)) { /* MIB MS: maps files and the program's own over each other */
        size_t size = (size_t)n[0] * MIB;
        int rw = PROT_READ | PROT_WRITE, own = MAP_PRIVATE | MAP_ANONYMOUS;
        int file = memfd_create("file", 0);
        if (file < 0 || ftruncate(file, 2 * (off_t)size) != 0)
            return 12;
        /* Half of it becomes the file's, half of another is closed; of the file nothing counts, nor of
         * what is merely reserved, wherever it moves; and a page that is begun counts whole. */
        char *half = mmap(NULL, size, rw, own, -1, 0);
        mmap(half, size / 2, rw, MAP_PRIVATE | MAP_FIXED, file, 0);
        half = mmap(NULL, size, rw, own, -1, 0);
        mprotect(half, size / 2, PROT_NONE);
        char *none = mmap(NULL, size, rw, MAP_SHARED, file, 0);
        none = mremap(none, size, 2 * size, MREMAP_MAYMOVE);
        mprotect(none, 2 * size, PROT_READ);
        char *reserved = mmap(NULL, size, PROT_NONE, own, -1, 0);
        reserved = mremap(reserved, size, 2 * size, MREMAP_MAYMOVE);
        if (none == MAP_FAILED || reserved == MAP_FAILED)
            return 13;
        for (int page = 0; page < 100; page++)
            mmap(NULL, 1, rw, own, -1, 0);
        unsigned long held = size / 2 + size / 2 + 100 * 4096;
#ifdef MREMAP_DONTUNMAP
        char *twice = mmap(NULL, size, rw, own, -1, 0);
        int moved = mremap(twice, size, size, MREMAP_MAYMOVE | MREMAP_DONTUNMAP) != MAP_FAILED;
        held += size + (moved ? size : 0);
#endif
        say(held);
        wait_ms(n[1]);
    } else if (is("errno", argv)) { /* what is left alone: errno, dlerror, descriptors */
        errno = 77;
        void *block = NULL;
        if (posix_memalign(&block, 64, 100) != 0 || posix_memalign(&block, 3, 1) != EINVAL)
            return 6;
        free(realloc(calloc(3, 5), 100));
        munmap(mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), 4096);
        if (errno != 77)
            return 7;
        void *volatile none = malloc(~0UL / 2);
        if (none != NULL || errno != ENOMEM)
            return 8;
        volatile size_t many = ~0UL / 2;
        none = reallocarray(NULL, many, 3);
        if (none != NULL || errno != ENOMEM || calloc(many, 3) != NULL)
            return 9;
        if (dlerror() != NULL)
            return 10;
        int next = dup(0);
        say((unsigned long)next);
        free(NULL);
    } else {
        return 2;
    }
    return 0;
}
