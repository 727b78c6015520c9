using System;
using System.Linq;
using System.Reflection;
using System.Runtime.InteropServices;
using Xunit;

namespace KvmSharp.Conventions;

/// <summary>
/// Words that several threads hammer on have a cache line to themselves, wherever the garbage collector puts the object.
/// </summary>
/// <remarks>To fix a failure, move the fields apart or pad the struct; to add a struct, add its line here.</remarks>
public sealed class LayoutTests
{
    const int CacheLine = 64;

    [Fact]
    public void The_words_of_a_vcpu_are_each_alone_on_a_line()
    {
        Type words = Find("KvmSharp.Vcpus.Raw.VcpuWords");
        int[] offsets = [.. Fields(words).Select(OffsetOf).Order()];
        Assert.Equal(2, offsets.Length);
        // Nothing is aligned to a line, so the distance is what counts: to the neighbours before, between, and after.
        Assert.All(
            offsets.Zip([.. offsets.Skip(1), SizeOf(words)]),
            pair => Assert.True(pair.Second - pair.First >= CacheLine, $"{words}: 0x{pair.First:x} and 0x{pair.Second:x} share"));
        Assert.True(offsets[0] >= CacheLine, $"{words}: what lies before it shares a line with its first word");
    }

    [Theory]
    [InlineData("KvmSharp.Reclaim.ReadSections+Stripe")]
    [InlineData("KvmSharp.SecondStage.MmuLock+Stripe")]
    public void Stripes_do_not_meet_on_a_line(string name)
    {
        Type stripe = Find(name);
        int used = Fields(stripe).Max(OffsetOf) + sizeof(long);
        Assert.True(used <= CacheLine, $"{name}: its words reach over 0x{used:x} bytes, more than a line");
        // The same word of the next stripe is a line away, so both cannot lie on one.
        Assert.True(SizeOf(stripe) >= CacheLine, $"{name} has 0x{SizeOf(stripe):x} bytes: neighbours in an array share a line");
    }

    static Type Find(string name) =>
        typeof(VirtualMachine).Assembly.GetType(name)
        ?? throw new InvalidOperationException($"{name} is gone: take its line out of {nameof(LayoutTests)}, or rename it there");

    static FieldInfo[] Fields(Type type) =>
        type.GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic);

    static int OffsetOf(FieldInfo field) => field.GetCustomAttribute<FieldOffsetAttribute>()?.Value
        ?? throw new InvalidOperationException($"{field.DeclaringType}.{field.Name} has no [FieldOffset]");

    static int SizeOf(Type type) => type.StructLayoutAttribute!.Size;
}
