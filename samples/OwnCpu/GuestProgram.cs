using static OwnCpu.Register;

namespace OwnCpu;

/// <summary>
/// What the guest does. Hart 0 counts primes, prints them and interrupts hart 1, which sleeps until then. Both add to one
/// counter, then watch the two windows where the host plugs memory in and out, until the host tells them to stop.
/// </summary>
static class GuestProgram
{
    // Registers that keep their meaning throughout: A0 the hart's number, S0 the RAM, S1 one, Gp the serial port.
    public static byte[] Assemble()
    {
        var a = new Assembler();
        a.Li(S0, GuestMap.Ram.Value);
        a.Li(Gp, GuestMap.Uart.Value);
        a.Addi(S1, Zero, 1);
        a.Bne(A0, Zero, "sleep");

        a.Call("sieve");
        a.La(A1, "found");
        a.Call("print");
        a.Call("print hex");
        a.Sd(S1, GuestMap.Go, S0);
        a.Li(T0, GuestMap.Interrupts.Value);
        a.Sw(S1, sizeof(uint), T0);
        a.Jump("together");

        // Hart 1 looks, sleeps, and looks again: an interrupt between the look and the sleep ends the sleep at once.
        a.Label("sleep");
        a.Ld(T0, GuestMap.Go, S0);
        a.Bne(T0, Zero, "awake");
        a.Wfi();
        a.Jump("sleep");
        a.Label("awake");
        a.La(A1, "hello");
        a.Call("print");

        a.Label("together");
        Count(a);
        Watch(a);
        a.Ecall();

        Sieve(a);
        Print(a);
        a.Text("found", "hart 0: primes found: 0x");
        a.Text("hello", "hart 1: awake\n");
        a.Text("goodbye", "both harts are done\n");
        return a.Assemble();
    }

    static void Count(Assembler a)
    {
        a.Li(T0, GuestMap.Increments);
        a.Addi(T1, S0, GuestMap.Counter);
        a.Label("count");
        a.AmoaddD(Zero, S1, T1);
        a.Addi(T0, T0, -1);
        a.Bne(T0, Zero, "count");
    }

    // S7 and S8 count how often a window had memory and how often it was a hole; S6 is this hart's record.
    static void Watch(Assembler a)
    {
        a.Li(S2, GuestMap.WindowA.Value);
        a.Li(S3, GuestMap.WindowB.Value);
        a.Li(S4, GuestMap.Magic);
        a.Addi(S5, Zero, -1);
        a.Addi(T1, Zero, GuestMap.RecordShift);
        a.Sll(S6, A0, T1);
        a.Add(S6, S6, S0);
        a.Label("watch");
        a.Ld(T0, 0, S2);
        a.Call("judge");
        a.Ld(T0, 0, S3);
        a.Call("judge");
        a.Sd(S7, GuestMap.SeenMemory, S6);
        a.Sd(S8, GuestMap.SeenHole, S6);
        a.Ld(T0, GuestMap.Stop, S0);
        a.Beq(T0, Zero, "watch");

        // The second one to come here says goodbye.
        a.Addi(T1, S0, GuestMap.Finished);
        a.AmoaddD(T0, S1, T1);
        a.Beq(T0, Zero, "end");
        a.La(A1, "goodbye");
        a.Call("print");
        a.Label("end");
        a.Ecall();

        // Memory holds the magic number and a hole reads as all ones. Anything else was read from memory after it was
        // taken away.
        a.Label("judge");
        a.Beq(T0, S4, "memory");
        a.Bne(T0, S5, "wrong");
        a.Addi(S8, S8, 1);
        a.Return();
        a.Label("memory");
        a.Addi(S7, S7, 1);
        a.Return();
        a.Label("wrong");
        a.Ebreak();
    }

    // T0 the number, T1 its byte, T2 the byte's value, T3 a multiple, A2 the primes so far.
    static void Sieve(Assembler a)
    {
        a.Label("sieve");
        a.Li(T6, GuestMap.SieveLimit);
        a.Li(S2, GuestMap.Ram.Value + GuestMap.Sieve);
        a.Addi(T0, Zero, 2);
        a.Label("number");
        a.Add(T1, S2, T0);
        a.Lbu(T2, 0, T1);
        a.Bne(T2, Zero, "composite");
        a.Addi(A2, A2, 1);
        a.Add(T3, T0, T0);
        a.Jump("multiple");
        a.Label("strike");
        a.Add(T1, S2, T3);
        a.Sb(S1, 0, T1);
        a.Add(T3, T3, T0);
        a.Label("multiple");
        a.Blt(T3, T6, "strike");
        a.Label("composite");
        a.Addi(T0, T0, 1);
        a.Blt(T0, T6, "number");
        a.Sd(A2, GuestMap.Primes, S0);
        a.Return();
    }

    static void Print(Assembler a)
    {
        // Prints the text at A1.
        a.Label("print");
        a.Lbu(T0, 0, A1);
        a.Beq(T0, Zero, "printed");
        a.Sb(T0, 0, Gp);
        a.Addi(A1, A1, 1);
        a.Jump("print");
        a.Label("printed");
        a.Return();

        // Prints four digits of A2, and ends the line.
        a.Label("print hex");
        a.Addi(T1, Zero, 16);
        a.Addi(T2, Zero, 15);
        a.Addi(T4, Zero, 10);
        a.Label("digit");
        a.Addi(T1, T1, -4);
        a.Srl(T0, A2, T1);
        a.And(T0, T0, T2);
        a.Blt(T0, T4, "decimal");
        a.Addi(T0, T0, 'a' - '0' - 10);
        a.Label("decimal");
        a.Addi(T0, T0, '0');
        a.Sb(T0, 0, Gp);
        a.Bne(T1, Zero, "digit");
        a.Addi(T0, Zero, '\n');
        a.Sb(T0, 0, Gp);
        a.Return();
    }
}
