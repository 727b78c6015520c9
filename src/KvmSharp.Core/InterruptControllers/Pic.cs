namespace KvmSharp.InterruptControllers;

/// <summary>One 8259A. Its pair holds the lock and connects them.</summary>
partial struct Pic
{
    const int None = 8;
    const byte CascadePin = 2;

    byte _last;
    byte _requested;
    byte _masked;
    byte _inService;

    // The pin after the one with the lowest priority.
    byte _firstPriority;
    byte _vectorBase;
    byte _triggerMask;
    InitStep _step;
    bool _readsInService;
    bool _polls;
    bool _specialMask;
    bool _endsAutomatically;
    bool _rotatesOnEnd;
    bool _nested;
    bool _expectsFourthWord;

    /// <summary>What the next byte at the odd port is.</summary>
    enum InitStep : byte
    {
        Ready = 0,
        Base = 1,
        Cascade = 2,
        Mode = 3,
    }

    internal bool IsMaster { get; init; }

    /// <summary>Which pins are level-triggered.</summary>
    internal byte Level { get; private set; }

    /// <summary>The pins that can be level-triggered: those that the board wires to slots.</summary>
    internal byte TriggerMask { readonly get => _triggerMask; init => _triggerMask = value; }

    internal readonly byte VectorBase => _vectorBase;

    /// <summary>Follows a pin's level.</summary>
    /// <returns>−1 when it is masked, 0 when it waits already, 1 otherwise.</returns>
    internal int SetPin(int pin, bool level)
    {
        byte bit = (byte)(1 << pin);
        int result = 1;
        bool rises = (Level & bit) != 0 || (_last & bit) == 0;
        if (level)
        {
            if (rises)
            {
                result = (_requested & bit) == 0 ? 1 : 0;
                _requested |= bit;
            }
            _last |= bit;
        }
        else
        {
            if ((Level & bit) != 0)
                _requested &= (byte)~bit;
            _last &= (byte)~bit;
        }
        return (_masked & bit) != 0 ? -1 : result;
    }

    /// <summary>The pin whose interrupt is due, −1 for none.</summary>
    internal readonly int DuePin
    {
        get
        {
            int priority = Priority((byte)(_requested & ~_masked));
            if (priority == None)
                return -1;
            byte service = _inService;
            // The other chip may go on while one of its interrupts is handled.
            if (_nested && IsMaster)
                service &= unchecked((byte)~(1 << CascadePin));
            return priority < Priority(service) ? (priority + _firstPriority) & 7 : -1;
        }
    }

    /// <summary>The guest takes an interrupt.</summary>
    /// <returns>The pin whose interrupt has ended by that, −1 for none.</returns>
    internal int Acknowledge(int pin)
    {
        _inService |= (byte)(1 << pin);
        // A level stays until it falls.
        if ((Level & (1 << pin)) == 0)
            _requested &= (byte)~(1 << pin);
        if (!_endsAutomatically)
            return -1;
        if (_rotatesOnEnd)
            _firstPriority = (byte)((pin + 1) & 7);
        return End(pin);
    }

    /// <summary>A poll takes what is due.</summary>
    /// <returns>The pin.</returns>
    internal int TakePolled(int pin)
    {
        _requested &= (byte)~(1 << pin);
        return End(pin);
    }

    /// <summary>The other chip was polled: its interrupt no longer waits here.</summary>
    internal void ForgetCascade()
    {
        _inService &= unchecked((byte)~(1 << CascadePin));
        _requested &= unchecked((byte)~(1 << CascadePin));
    }

    internal int End(int pin)
    {
        _inService &= (byte)~(1 << pin);
        return pin;
    }

    /// <summary>What the register reads as; a pending poll is taken off and left to the pair.</summary>
    /// <param name="isOdd">The chip's second port.</param>
    /// <param name="isPoll">Whether this is a poll, and the value none.</param>
    internal byte Read(bool isOdd, out bool isPoll)
    {
        isPoll = _polls;
        _polls = false;
        return isOdd ? _masked : _readsInService ? _inService : _requested;
    }

    /// <summary>Writes the register of pins that are level-triggered.</summary>
    internal void WriteLevel(byte value) => Level = (byte)(value & _triggerMask);

    /// <summary>What a write does to the rest.</summary>
    /// <param name="isOdd">The chip's second port.</param>
    /// <param name="value">What is written.</param>
    /// <param name="ended">The pins whose interrupts have ended by it.</param>
    /// <returns>Whether something may be due that was not.</returns>
    internal bool Write(bool isOdd, byte value, out byte ended)
    {
        ended = 0;
        if (isOdd)
            return WriteWord(value);
        if ((value & 0x10) != 0)
        {
            ended = Initialize(value);
            return false;
        }
        if ((value & 8) != 0)
        {
            _polls |= (value & 4) != 0;
            if ((value & 2) != 0)
                _readsInService = (value & 1) != 0;
            if ((value & 0x40) != 0)
                _specialMask = (value & 0x20) != 0;
            return false;
        }
        return Command(value >> 5, value & 7, out ended);
    }

    bool Command(int command, int pin, out byte ended)
    {
        const int NonSpecific = 1;
        const int Specific = 3;
        const int Rotating = 4;
        const int SetPriority = 6;
        ended = 0;
        switch (command)
        {
            case 0 or Rotating:
                _rotatesOnEnd = command == Rotating;
                return false;
            case NonSpecific or NonSpecific + Rotating:
                int priority = Priority(_inService);
                if (priority == None)
                    return false;
                pin = (priority + _firstPriority) & 7;
                break;
            case Specific or Specific + Rotating:
                break;
            case SetPriority:
                _firstPriority = (byte)((pin + 1) & 7);
                return true;
            default:
                return false;
        }
        if (command >= Rotating)
            _firstPriority = (byte)((pin + 1) & 7);
        End(pin);
        ended = (byte)(1 << pin);
        return true;
    }

    bool WriteWord(byte value)
    {
        switch (_step)
        {
            case InitStep.Base:
                _vectorBase = (byte)(value & 0xF8);
                _step = InitStep.Cascade;
                return false;
            case InitStep.Cascade:
                _step = _expectsFourthWord ? InitStep.Mode : InitStep.Ready;
                return false;
            case InitStep.Mode:
                _nested = (value & 0x10) != 0;
                _endsAutomatically = (value & 2) != 0;
                _step = InitStep.Ready;
                return false;
            default:
                _masked = value;
                return true;
        }
    }

    // Edges that wait are forgotten, levels are not.
    byte Initialize(byte value)
    {
        byte edges = (byte)(_requested & ~Level);
        _expectsFourthWord = (value & 1) != 0;
        _last = 0;
        _requested &= Level;
        _masked = 0;
        _firstPriority = 0;
        _specialMask = false;
        _readsInService = false;
        if (!_expectsFourthWord)
        {
            _nested = false;
            _endsAutomatically = false;
        }
        _step = InitStep.Base;
        return edges;
    }

    // How many pins come before the first of these; None for none of them.
    readonly int Priority(byte pins)
    {
        if (pins == 0)
            return None;
        int priority = 0;
        while ((pins & (1 << ((priority + _firstPriority) & 7))) == 0)
            priority++;
        return priority;
    }
}
