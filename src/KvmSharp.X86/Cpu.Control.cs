using KvmSharp.X86.Blocks;
using KvmSharp.X86.Events;
using KvmSharp.X86.Paging;
using KvmSharp.X86.State;

namespace KvmSharp.X86;

// Writes of control registers and EFER, with the manuals' checks.
partial class Cpu
{
    /// <summary>Whether 64-bit code runs.</summary>
    internal bool IsLong64 => Mode == CodeMode.Bits64;

    /// <summary>Writes CR0; entering and leaving long mode happen here.</summary>
    internal bool TrySetCr0(ulong value)
    {
        if (value > uint.MaxValue)
            return Raise(Vector.GeneralProtection, 0);
        value = (value & Cr0.Defined) | Cr0.ET;
        bool enables = (value & Cr0.PG) != 0 && (State.Cr0 & Cr0.PG) == 0;
        bool disables = (value & Cr0.PG) == 0 && (State.Cr0 & Cr0.PG) != 0;
        bool contradicts = ((value & Cr0.PG) != 0 && (value & Cr0.PE) == 0)
            || ((value & Cr0.NW) != 0 && (value & Cr0.CD) == 0);
        if (contradicts || (disables && Mode == CodeMode.Bits64))
            return Raise(Vector.GeneralProtection, 0);
        ulong efer = State.Efer;
        if (enables && (efer & Efer.LME) != 0)
        {
            if ((State.Cr4 & Cr4.PAE) == 0 || State.Segments[(int)SegmentName.Cs].IsLong)
                return Raise(Vector.GeneralProtection, 0);
            efer |= Efer.LMA;
        }
        else if (disables)
        {
            efer &= ~Efer.LMA;
        }
        ulong changed = State.Cr0 ^ value;
        if ((value & Cr0.PG) != 0 && (efer & Efer.LMA) == 0 && (State.Cr4 & Cr4.PAE) != 0
            && (changed & (Cr0.PG | Cr0.CD | Cr0.NW)) != 0 && !TryLoadPointers(State.Cr3))
        {
            return false;
        }
        State.Cr0 = value;
        State.Efer = efer;
        if ((changed & Cr0.Paging) != 0)
            FlushTlb();
        return true;
    }

    /// <summary>Writes CR3.</summary>
    internal bool TrySetCr3(ulong value)
    {
        if (IsLong)
        {
            if ((value & ~_physicalAddressMask) != 0)
                return Raise(Vector.GeneralProtection, 0);
        }
        else
        {
            value = (uint)value;
            if ((State.Cr0 & Cr0.PG) != 0 && (State.Cr4 & Cr4.PAE) != 0 && !TryLoadPointers(value))
                return false;
        }
        State.Cr3 = value;
        // Global pages may stay, and need not.
        FlushTlb();
        return true;
    }

    /// <summary>Writes CR4.</summary>
    internal bool TrySetCr4(ulong value)
    {
        ulong changed = State.Cr4 ^ value;
        bool leavesPae = IsLong && (value & Cr4.PAE) == 0;
        bool changesDepth = IsLong && (changed & Cr4.LA57) != 0;
        if ((value & ~Cr4.Defined) != 0 || leavesPae || changesDepth)
            return Raise(Vector.GeneralProtection, 0);
        bool reloads = (State.Cr0 & Cr0.PG) != 0 && !IsLong && (value & Cr4.PAE) != 0
            && (changed & (Cr4.PAE | Cr4.PSE | Cr4.PGE | Cr4.SMEP)) != 0;
        if (reloads && !TryLoadPointers(State.Cr3))
            return false;
        State.Cr4 = value;
        if ((changed & Cr4.Paging) != 0)
            FlushTlb();
        return true;
    }

    /// <summary>Writes EFER; LMA is not written but follows from paging.</summary>
    internal bool TrySetEfer(ulong value)
    {
        bool changesLong = ((State.Efer ^ value) & Efer.LME) != 0 && (State.Cr0 & Cr0.PG) != 0;
        if ((value & ~Efer.Defined) != 0 || changesLong)
            return Raise(Vector.GeneralProtection, 0);
        State.Efer = (value & ~Efer.LMA) | (State.Efer & Efer.LMA);
        FlushTlb();
        return true;
    }

    /// <summary>After the owner has set control registers: takes the pointers of PAE paging from memory, if it is on.</summary>
    internal void ReloadPointers()
    {
        if ((State.Cr0 & Cr0.PG) != 0 && !IsLong && (State.Cr4 & Cr4.PAE) != 0 && !TryLoadPointers(State.Cr3))
            State.Pdpte = default;
    }

    // PAE paging takes its four page-directory pointers along with CR3.
    bool TryLoadPointers(ulong cr3)
    {
        const ulong Reserved = 0x1E6;
        CpuState.FourWords pointers = default;
        for (int index = 0; index < 4; index++)
        {
            var at = new Addresses.Gpa((cr3 & 0xFFFF_FFE0) + (ulong)(index * 8));
            if (!Memory.TryRead(at, out ulong pointer))
                pointer = 0;
            bool present = (pointer & PageEntry.Present) != 0;
            if (present && (pointer & (Reserved | ~(PageEntry.AddressMask | 0xFFF) | ~(_physicalAddressMask | 0xFFF))) != 0)
                return Raise(Vector.GeneralProtection, 0);
            pointers[index] = pointer;
        }
        State.Pdpte = pointers;
        return true;
    }

    /// <summary>A debug register was touched while DR7 guards them.</summary>
    internal void NoteDebugAccess() => _debugAccess = true;

    bool _debugAccess;
}
