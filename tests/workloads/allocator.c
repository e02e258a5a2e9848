/* An allocator to be preloaded, which maps its memory as any program does and gives nothing back;
 * with OPERATORS also C++'s. With PROGRAM, a program that uses them. */
#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

#ifdef PROGRAM
void *_Znwm(unsigned long);
int main(void) { return *(volatile char *)_Znwm(1000); }
#else
#define CHUNK ((size_t)4 << 20)

static char *next, *end;

static void *take(size_t alignment, size_t size)
{
    uintptr_t at = ((uintptr_t)next + 16 + alignment - 1) & ~(alignment - 1);
    size = (size + 15) & ~(size_t)15;
    if (next == NULL || at + size > (uintptr_t)end) {
        size_t length = size + alignment > CHUNK / 2 ? size + alignment + CHUNK : CHUNK;
        next = mmap(NULL, length, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (next == MAP_FAILED) {
            next = NULL;
            return NULL;
        }
        end = next + length;
        at = ((uintptr_t)next + 16 + alignment - 1) & ~(alignment - 1);
    }
    ((size_t *)at)[-1] = size;
    next = (char *)at + size;
    return (void *)at;
}

void *malloc(size_t size) { return take(16, size); }
void free(void *block) { (void)block; }
void *calloc(size_t count, size_t size) { return take(16, count * size); }
void *aligned_alloc(size_t alignment, size_t size) { return take(alignment, size); }
size_t malloc_usable_size(void *block) { return block == NULL ? 0 : ((size_t *)block)[-1]; }

int posix_memalign(void **block, size_t alignment, size_t size)
{
    *block = take(alignment, size);
    return *block == NULL ? ENOMEM : 0;
}

void *realloc(void *block, size_t size)
{
    size_t before = malloc_usable_size(block);
    void *new = take(16, size);
    if (block != NULL && new != NULL)
        memcpy(new, block, before < size ? before : size);
    return new;
}

#ifdef OPERATORS
void *_Znwm(unsigned long size) { return take(16, size); }
void _ZdlPv(void *block) { (void)block; }
#endif
#endif
