using System;
using System.Diagnostics;
using System.Threading;
using KvmSharp;
using KvmSharp.Addresses;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using OwnCpu;

const int Harts = 2;
const int TimeLimit = 20_000;

// 1. Host memory, and slots that give it to the guest. The program is read-only: guest stores to it come out as MMIO.
byte[] program = GuestProgram.Assemble();
using AnonymousMemory rom = AnonymousMemory.Create(Page.Size);
program.CopyTo(rom.AsSpan(0, Page.Size));
using AnonymousMemory ram = AnonymousMemory.Create(GuestMap.RamSize);

using var machine = new VirtualMachine();
machine.Slots.Add(GuestMap.Rom, rom, SlotFlags.ReadOnly);
machine.Slots.Add(GuestMap.Ram, ram);

// 2. Devices, and CPUs that run the program.
var bus = new Bus(new Uart(Console.Out), machine.Vcpus);
var harts = new Hart[Harts];
for (int number = 0; number < Harts; number++)
    harts[number] = new Hart(machine, (uint)number, GuestMap.Rom, bus);
foreach (Hart hart in harts)
    hart.Start();

// 3. Slots change while they run, on another thread: this one waits for the end, or for too long.
var clock = Stopwatch.StartNew();
var plug = new HotPlug(machine, Harts, () => clock.ElapsedMilliseconds < TimeLimit);
var host = new Thread(() =>
{
    plug.Run();
    // A kick brings a running hart out for a moment, so that what it publishes when it leaves is up to date.
    foreach (Hart hart in harts)
        hart.Kick();
    machine.Memory.Write(GuestMap.Ram + GuestMap.Stop, 1UL);
});
host.Start();
bool inTime = host.Join(2 * TimeLimit);
foreach (Hart hart in harts)
{
    if (hart.Join(TimeLimit))
        continue;
    inTime = false;
    hart.Stop();
    hart.Join(TimeLimit);
}

// 4. Did it work?
ulong counter = machine.Memory.Read<ulong>(GuestMap.Ram + GuestMap.Counter);
ulong primes = machine.Memory.Read<ulong>(GuestMap.Ram + GuestMap.Primes);
bool good = inTime && Report("shared counter", counter, (ulong)(Harts * GuestMap.Increments))
    & Report("primes", primes, (ulong)CountPrimes(GuestMap.SieveLimit));
for (int number = 0; number < Harts; number++)
{
    Hart hart = harts[number];
    ulong memory = plug.Seen(number, GuestMap.SeenMemory);
    ulong hole = plug.Seen(number, GuestMap.SeenHole);
    Console.WriteLine(
        $"hart {number}: {hart.Outcome} at 0x{hart.Pc:x} after {hart.Retired} instructions; "
        + $"met memory {memory} times, a hole {hole} times");
    good &= hart.Outcome == CpuExit.Ecall && memory != 0 && hole != 0;
}
Console.WriteLine($"slot added, moved and deleted {plug.Rounds} times; {machine.Counters.RemoteFlushes} TLB flushes");
Console.WriteLine(good ? "OK" : "FAILED");
return good ? 0 : 1;

static bool Report(string what, ulong found, ulong expected)
{
    Console.WriteLine($"{what}: {found} of {expected}");
    return found == expected;
}

static int CountPrimes(int limit)
{
    int count = 0;
    for (int number = 2; number < limit; number++)
    {
        bool prime = true;
        for (int divisor = 2; prime && divisor * divisor <= number; divisor++)
            prime = number % divisor != 0;
        count += prime ? 1 : 0;
    }
    return count;
}
