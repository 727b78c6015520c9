using KvmSharp.HyperV.VpSets;

namespace KvmSharp.Tests.HyperV;

public sealed class VpBankDirectoryTests() : VpDirectoryConformance(VpBankDirectory.Design);
