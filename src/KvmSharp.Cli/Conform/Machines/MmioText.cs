using System;
using KvmSharp.Cli.Conform.Language;

namespace KvmSharp.Cli.Conform.Machines;

/// <summary>Accesses to devices, in the words of <see cref="Outcome"/>.</summary>
static class MmioText
{
    internal static string Read(ulong gpa, int length) => $"mmio read {Outcome.Of(gpa)} {Outcome.Of((ulong)length)}";

    internal static string Write(ulong gpa, ReadOnlySpan<byte> data) => $"mmio write {Outcome.Of(gpa)} {Outcome.OfData(data)}";
}
