/* Memory as x86-64 processors share it (total store order), included by the models: a store waits in
 * the buffer of the processor that made it until some later time; stores of one processor arrive in
 * order; a load finds what has arrived. (No model loads what it has itself just stored.) A fence, and
 * every read-modify-write, waits until the own buffer is empty. What compilers may reorder besides is
 * ruled out by acquire and release in the C code. */

byte mem[LOCATIONS];
chan buffer[PROCESSORS] = [BUFFERED] of { byte, byte };

#define STORE(me, at, value) buffer[me]!at, value
#define FENCE(me)            empty(buffer[me])

#ifndef ARRIVE
#define ARRIVE(at, value) mem[at] = value
#endif

active proctype Arrive()
{
    byte at, value;
end:
    do
    :: d_step { buffer[0]?at, value -> ARRIVE(at, value) }
    :: d_step { buffer[1]?at, value -> ARRIVE(at, value) }
#if PROCESSORS > 2
    :: d_step { buffer[2]?at, value -> ARRIVE(at, value) }
#endif
    od
}
