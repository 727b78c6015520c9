// The example in the README; a test holds the two equal, from one marker to the other.
// <readme>
using System;
using KvmSharp;
using KvmSharp.Addresses;
using KvmSharp.DirtyLog;
using KvmSharp.HostMemory;
using KvmSharp.Slots;
using KvmSharp.Vcpus;

using var machine = new VirtualMachine();
using AnonymousMemory ram = AnonymousMemory.Create(64UL << 20);
SlotId slot = machine.Slots.Add(new Gpa(0x1000_0000), ram, SlotFlags.LogDirty);

Vcpu vcpu = machine.Vcpus.Create(new VcpuId(0));
vcpu.Memory.Write(new Gpa(0x1000_2000), 42UL);                       // what a CPU does for a store
vcpu.Memory.TryAdd(new Gpa(0x1000_2000), 1UL, out ulong before);     // and for an atomic instruction
Console.WriteLine($"the guest counted from {before} to {machine.Memory.Read<ulong>(new Gpa(0x1000_2000))}");

using DirtyConsumer dirty = machine.DirtyTracking.OpenConsumer();
vcpu.Memory.Write(new Gpa(0x1000_5000), 7UL);
foreach (DirtyRange range in dirty.Harvest())                        // each write once for each consumer
    Console.WriteLine($"written since: {range.Frames}");

machine.Slots.Move(slot, new Gpa(0x2000_0000));                      // while vCPUs run, if they do
bool found = vcpu.Memory.TryRead(new Gpa(0x1000_2000), out ulong _);
Console.WriteLine($"memory at the old place: {found}, so the access is {vcpu.Memory.Fault.Kind}");
Console.WriteLine($"at the new one: {vcpu.Memory.Read<ulong>(new Gpa(0x2000_2000))}");

machine.Slots.Delete(slot);                                          // on return, nobody can reach the memory
// </readme>
