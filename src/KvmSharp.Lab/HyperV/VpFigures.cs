using System.Collections.Generic;
using KvmSharp.HyperV.VpSets;
using KvmSharp.Lab.Scale;

namespace KvmSharp.Lab.HyperV;

/// <summary>What the proposal of 2018 says its alternatives take, beside what they take here.</summary>
static class VpFigures
{
    const string Source = "2018, VP index to vCPU index";
    const string Size = "bytes";
    const string Work = "comparisons";

    // The machine of the proposal's example.
    const int Vcpus = 128;

    // What the table held, and what it holds here: a pointer, and an index.
    const int PointerBytes = 8;
    const int IndexBytes = sizeof(int);
    const string NoPointers = "an index here, a pointer there";

    internal static IReadOnlyList<PublishedFigure> All() =>
    [
        new(Source, "a table of every 32-bit VP index", Size, Table(1L << 32, PointerBytes), null, "not built"),
        new(Source, "a table of 288 VP indices", Size, Table(288, PointerBytes), Table(288, IndexBytes), NoPointers),
        new(Source, "a table of 1,024 VP indices", Size, Table(1024, PointerBytes), Table(1024, IndexBytes), NoPointers),
        new(Source, "a sorted array, for each vCPU whose VP index differs", Size, 16, sizeof(ulong), "8 to 16 there"),
        Compared("a set of 128 of 128, each member looked for among all", IdentityScanDirectory.Design, Vcpus, 128 * 128),
        Compared("the same, each vCPU looked for in the set", WalkAllDirectory.Design, Vcpus, 128),
        Compared("the same, a table", MaxArrayDirectory.Design, Vcpus, 128),
        Compared(
            "the same, a sorted array", SortedArrayDirectory.Design, Vcpus, 128 * 7,
            "here the vCPU of the same index is looked at too, as another may have its VP index"),
        Compared(
            "the same, banks", VpBankDirectory.Design, Vcpus, null, "nobody is outside the set, so nobody is looked up"),
        Compared("a set of 1 of 128, each vCPU looked for in the set", WalkAllDirectory.Design, 1, 128),
        Compared("the same, a table", MaxArrayDirectory.Design, 1, 1),
        Compared("the same, banks", VpBankDirectory.Design, 1, null),
    ];

    static double Table(long entries, int bytes) => (double)entries * bytes;

    static PublishedFigure Compared(
        string what, VpDirectoryDesign design, int members, double? published, string? note = null)
    {
        using var crowd = new VpCrowd(design, Vcpus, shuffled: true);
        return new PublishedFigure(Source, what, Work, published, VpTranslations.Compare(crowd, members), note);
    }
}
