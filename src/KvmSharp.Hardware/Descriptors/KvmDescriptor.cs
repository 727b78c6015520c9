using System.Runtime.Versioning;
using KvmSharp.Hardware.Native;
using Microsoft.Win32.SafeHandles;

namespace KvmSharp.Hardware;

/// <summary>An open descriptor of KVM, or one that goes with it; closed once, when nobody is in a call any more.</summary>
[SupportedOSPlatform("linux")]
abstract class KvmDescriptor : SafeHandleMinusOneIsInvalid
{
    private protected KvmDescriptor(int descriptor)
        : base(ownsHandle: true) => SetHandle(descriptor);

    /// <summary>The number. It is the descriptor's only while this object lives.</summary>
    internal int Number => (int)handle;

    /// <inheritdoc/>
    protected override bool ReleaseHandle() => LibC.close((int)handle) == 0;
}
