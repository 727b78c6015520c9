using System;

namespace KvmSharp.InterruptControllers;

// KVM_GET_IRQCHIP and KVM_SET_IRQCHIP.
partial class Irqchip
{
    /// <summary>Bytes of a chip's image that mean something: <c>struct kvm_pic_state</c> or <c>kvm_ioapic_state</c>.</summary>
    public static int StateBytesOf(IrqchipId chip) => chip == IrqchipId.IoApic ? IoApic.StateBytes : InterruptControllers.Pic.StateBytes;

    /// <summary>Writes a chip's state in KVM's layout.</summary>
    /// <param name="chip">Which.</param>
    /// <param name="image"><see cref="StateBytesOf"/> at least.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    public void Save(IrqchipId chip, Span<byte> image)
    {
        image = image[..StateBytesOf(chip)];
        lock (_chipsLock)
        {
            if (chip == IrqchipId.IoApic)
                _ioApic.Save(image);
            else
                Pic.Save(chip == IrqchipId.PicMaster, image);
        }
    }

    /// <summary>Takes a chip's state.</summary>
    /// <param name="chip">Which.</param>
    /// <param name="image"><see cref="StateBytesOf"/> at least.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    public void Load(IrqchipId chip, ReadOnlySpan<byte> image)
    {
        image = image[..StateBytesOf(chip)];
        lock (_chipsLock)
        {
            if (chip == IrqchipId.IoApic)
                _ioApic.Load(image);
            else
                Pic.Load(chip == IrqchipId.PicMaster, image);
        }
    }
}
