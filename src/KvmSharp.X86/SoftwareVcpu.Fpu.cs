using System;
using System.Buffers.Binary;
using KvmSharp.Backends;
using KvmSharp.X86.Fpu;
using KvmSharp.X86.Simd;

namespace KvmSharp.X86;

// The state of x87 and SSE, as KVM groups it.
partial class SoftwareVcpu
{
    /// <summary>Bytes of an XSAVE image: struct kvm_xsave.</summary>
    internal const int XsaveBytes = 4096;

    /// <inheritdoc/>
    public int XsaveSize => XsaveBytes;

    /// <inheritdoc/>
    public ulong Xcr0
    {
        get => _cpu.State.Xcr0;
        set
        {
            if (!StateImages.IsValidControl(value))
                throw new KvmException("KVM_SET_XCRS", KvmErrno.EINVAL, $"XCR0 0x{value:x} is not x87, or x87 and SSE");
            _cpu.State.Xcr0 = value;
        }
    }

    /// <inheritdoc/>
    public void GetFpu(out KvmFpu fpu)
    {
        Span<byte> image = stackalloc byte[FxImage.Used];
        FxImage.StoreX87(_cpu.X87, image, wide: true);
        FxImage.StoreVectors(_cpu.Xmm, image, XmmRegisters.Count);
        fpu = new KvmFpu
        {
            Fcw = _cpu.X87.Control,
            Fsw = _cpu.X87.Status,
            Ftwx = _cpu.X87.Tags,
            LastOpcode = _cpu.X87.LastOpcode,
            LastIp = _cpu.X87.LastInstruction,
            LastDp = _cpu.X87.LastData,
            Mxcsr = _cpu.Mxcsr.Value,
        };
        image[FxImage.RegistersOffset..FxImage.XmmOffset].CopyTo(fpu.Fpr);
        image[FxImage.XmmOffset..].CopyTo(fpu.Xmm);
    }

    /// <inheritdoc/>
    public void SetFpu(in KvmFpu fpu)
    {
        Span<byte> image = stackalloc byte[FxImage.Used];
        BinaryPrimitives.WriteUInt16LittleEndian(image, fpu.Fcw);
        BinaryPrimitives.WriteUInt16LittleEndian(image[2..], fpu.Fsw);
        image[4] = fpu.Ftwx;
        BinaryPrimitives.WriteUInt16LittleEndian(image[6..], fpu.LastOpcode);
        BinaryPrimitives.WriteUInt64LittleEndian(image[8..], fpu.LastIp);
        BinaryPrimitives.WriteUInt64LittleEndian(image[16..], fpu.LastDp);
        ((ReadOnlySpan<byte>)fpu.Fpr).CopyTo(image[FxImage.RegistersOffset..]);
        ((ReadOnlySpan<byte>)fpu.Xmm).CopyTo(image[FxImage.XmmOffset..]);
        FxImage.LoadX87(ref _cpu.X87, image, wide: true);
        FxImage.LoadVectors(ref _cpu.Xmm, image, XmmRegisters.Count);
        // As KVM does, which takes the bits that exist.
        _cpu.Mxcsr.Value = fpu.Mxcsr & Mxcsr.Defined;
    }

    /// <inheritdoc/>
    public void GetXsave(Span<byte> image)
    {
        CheckImage(image.Length);
        image[..XsaveBytes].Clear();
        FxImage.StoreX87(_cpu.X87, image, wide: true);
        FxImage.StoreMxcsr(_cpu.Mxcsr, image);
        FxImage.StoreVectors(_cpu.Xmm, image, XmmRegisters.Count);
        BinaryPrimitives.WriteUInt64LittleEndian(image[FxImage.Size..], StateImages.Components);
    }

    /// <inheritdoc/>
    public void SetXsave(ReadOnlySpan<byte> image)
    {
        CheckImage(image.Length);
        if (!StateImages.TryRestore(_cpu, image, StateImages.Components, StateImages.Components, XmmRegisters.Count, wide: true))
            throw new KvmException("KVM_SET_XSAVE", KvmErrno.EINVAL, "the header or MXCSR has bits that do not exist");
    }

    static void CheckImage(int length)
    {
        if (length < XsaveBytes)
            throw new ArgumentException($"the image has {length} bytes, not {XsaveBytes}", nameof(length));
    }
}
