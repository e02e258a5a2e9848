/* A program with the note that Go's linker leaves; with OWN_START without C's start, as Go's. */
#include <stdlib.h>
#include <unistd.h>

__asm__(".pushsection .note.go.buildid,\"a\",%note\n.balign 4\n.long 4,4,4\n.ascii \"Go\\0\\0\"\n"
        ".long 0\n.popsection");

#ifdef OWN_START
_Noreturn void _start(void)
{
    usleep(50000);
    _exit(0);
}
#else
int main(void)
{
    free(malloc(100));
    usleep(50000);
    return 0;
}
#endif
