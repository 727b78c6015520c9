using System;

namespace KvmSharp.InterruptControllers;

// KVM's image of an 8259 (struct kvm_pic_state), a byte each.
partial struct Pic
{
    internal const int StateBytes = 16;

    internal readonly void Save(Span<byte> image)
    {
        ReadOnlySpan<byte> bytes =
        [
            _last, _requested, _masked, _inService, _firstPriority, _vectorBase, Byte(_readsInService), Byte(_polls),
            Byte(_specialMask), (byte)_step, Byte(_endsAutomatically), Byte(_rotatesOnEnd), Byte(_nested),
            Byte(_expectsFourthWord), Level, _triggerMask,
        ];
        bytes.CopyTo(image);
    }

    internal void Load(ReadOnlySpan<byte> image)
    {
        _last = image[0];
        _requested = image[1];
        _masked = image[2];
        _inService = image[3];
        _firstPriority = (byte)(image[4] & 7);
        _vectorBase = image[5];
        _readsInService = image[6] != 0;
        _polls = image[7] != 0;
        _specialMask = image[8] != 0;
        _step = (InitStep)image[9];
        _endsAutomatically = image[10] != 0;
        _rotatesOnEnd = image[11] != 0;
        _nested = image[12] != 0;
        _expectsFourthWord = image[13] != 0;
        Level = image[14];
        _triggerMask = image[15];
    }

    static byte Byte(bool value) => value ? (byte)1 : (byte)0;
}
