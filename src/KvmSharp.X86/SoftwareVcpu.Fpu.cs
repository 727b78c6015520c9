using System;
using KvmSharp.Backends;

namespace KvmSharp.X86;

// The state of x87 and SSE, as KVM groups it. No instruction reaches it yet: it is kept for whoever sets it.
partial class SoftwareVcpu
{
    /// <summary>Bytes of an XSAVE image.</summary>
    internal const int XsaveBytes = 4096;

    const ushort ControlWordAtReset = 0x40;
    const uint MxcsrAtReset = 0x1F80;

    KvmFpu _fpu = new() { Fcw = ControlWordAtReset, Mxcsr = MxcsrAtReset };

    /// <inheritdoc/>
    public int XsaveSize => XsaveBytes;

    /// <inheritdoc/>
    public ulong Xcr0
    {
        get => _cpu.State.Xcr0;
        set
        {
            if (value != 1)
                throw new KvmException("KVM_SET_XCRS", KvmErrno.EINVAL, $"XCR0 0x{value:x} is not 1");
            _cpu.State.Xcr0 = value;
        }
    }

    /// <inheritdoc/>
    public void GetFpu(out KvmFpu fpu) => fpu = _fpu;

    /// <inheritdoc/>
    public void SetFpu(in KvmFpu fpu) => _fpu = fpu;

    /// <inheritdoc/>
    public void GetXsave(Span<byte> image)
    {
        if (image.Length < XsaveBytes)
            throw new ArgumentException($"the image has {image.Length} bytes, not {XsaveBytes}", nameof(image));
        image[..XsaveBytes].Clear();
    }

    /// <inheritdoc/>
    public void SetXsave(ReadOnlySpan<byte> image)
    {
        if (image.Length < XsaveBytes)
            throw new ArgumentException($"the image has {image.Length} bytes, not {XsaveBytes}", nameof(image));
    }
}
