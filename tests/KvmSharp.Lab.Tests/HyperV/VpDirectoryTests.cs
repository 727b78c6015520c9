using KvmSharp.Lab.HyperV;
using KvmSharp.Tests.HyperV;

namespace KvmSharp.Lab.Tests.HyperV;

public sealed class IdentityScanDirectoryTests() : VpDirectoryConformance(IdentityScanDirectory.Design);

public sealed class WalkAllDirectoryTests() : VpDirectoryConformance(WalkAllDirectory.Design);

public sealed class MaxArrayDirectoryTests() : VpDirectoryConformance(MaxArrayDirectory.Design);

public sealed class SortedArrayDirectoryTests() : VpDirectoryConformance(SortedArrayDirectory.Design);
