using System.Collections.Generic;
using KvmSharp.HyperV;
using KvmSharp.HyperV.VpSets;

namespace KvmSharp.Lab.HyperV;

/// <summary>The ways from VP index to vCPU that can be chosen by name. A new one is one line here.</summary>
public static class VpDirectories
{
    /// <summary>All, in the order in which they were proposed.</summary>
    public static IReadOnlyList<VpDirectoryDesign> All { get; } =
    [
        IdentityScanDirectory.Design,
        WalkAllDirectory.Design,
        MaxArrayDirectory.Design,
        SortedArrayDirectory.Design,
        VpBankDirectory.Design,
    ];

    /// <summary>What a machine gets when nothing is chosen.</summary>
    public static VpDirectoryDesign Default { get; } = new HyperVOptions().VpDirectory;
}
