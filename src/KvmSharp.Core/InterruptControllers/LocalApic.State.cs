using System;
using System.Buffers.Binary;
using static KvmSharp.InterruptControllers.ApicRegister;

namespace KvmSharp.InterruptControllers;

// KVM_GET_LAPIC and KVM_SET_LAPIC: the page of registers.
partial class LocalApic
{
    /// <summary>Bytes of the image of all registers (<c>KVM_APIC_REG_SIZE</c>).</summary>
    public const int StateBytes = RegisterCount * Spacing;

    const int Parts = 8;

    /// <summary>Writes all registers into an image.</summary>
    /// <param name="image"><see cref="StateBytes"/> at least.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    public void Save(Span<byte> image)
    {
        image = image[..StateBytes];
        image.Clear();
        for (int index = 0; index < RegisterCount; index++)
            Put(image, index * Spacing, Read(index * Spacing));
        for (int part = 0; part < Parts; part++)
        {
            Put(image, InService + (part * Spacing), _inService.Part(part));
            Put(image, TriggerMode + (part * Spacing), _levelTriggered.Part(part));
            Put(image, Requested + (part * Spacing), _requested.Part(part));
        }
        Put(image, ProcessorPriority, ComputePriority());
        Put(image, CurrentCount, _timer.Remaining);
    }

    /// <summary>Takes all registers from an image. The timer goes on from its current count.</summary>
    /// <param name="image"><see cref="StateBytes"/> at least.</param>
    /// <exception cref="ArgumentException">It is shorter.</exception>
    public void Load(ReadOnlySpan<byte> image)
    {
        image = image[..StateBytes];
        _timer.Stop();
        for (int index = 0; index < RegisterCount; index++)
        {
            int register = index * Spacing;
            if (register is not (>= InService and < BeyondRequested or ApicRegister.Version or CurrentCount))
                Write(register, Get(image, register));
        }
        for (int part = 0; part < Parts; part++)
        {
            _inService.SetPart(part, Get(image, InService + (part * Spacing)));
            _levelTriggered.SetPart(part, Get(image, TriggerMode + (part * Spacing)));
            _requested.SetPart(part, Get(image, Requested + (part * Spacing)));
        }
        if (IsX2)
            EnterX2();
        _timer.SetDivider(DividerOf(Read(DivideConfiguration)));
        _timer.SetPeriodic((Read(Timer) & Periodic) != 0);
        _timer.Resume(Read(InitialCount), Get(image, CurrentCount));
        _chip.Apics.Invalidate();
        _vcpu.MakeRequest(EventRequest);
    }

    static uint Get(ReadOnlySpan<byte> image, int register) => BinaryPrimitives.ReadUInt32LittleEndian(image[register..]);

    static void Put(Span<byte> image, int register, uint value) =>
        BinaryPrimitives.WriteUInt32LittleEndian(image[register..], value);
}
