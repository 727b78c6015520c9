using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;

namespace KvmSharp.X86.Simd;

/// <summary>XMM0 to XMM15.</summary>
[InlineArray(Count)]
struct XmmRegisters
{
    internal const int Count = 16;

    Vector128<byte> _first;
}
