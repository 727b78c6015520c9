/*
 * An ordinary program, compiled twice: for this machine with its own C library, and as a guest. Both have to print the
 * same, whatever the compiler made of it.
 */
#ifndef PROGRAM_H
#define PROGRAM_H

#include <stddef.h>
#include <stdint.h>

int program(void);

#ifdef NATIVE

#include <stdio.h>
#include <string.h>

#define print printf

int main(void)
{
    return program();
}

#else

#include "guest.h"

int guest_main(const struct boot *boot, unsigned cpu)
{
    (void)boot;
    return cpu == 0 ? program() : 0;
}

#endif

#endif
