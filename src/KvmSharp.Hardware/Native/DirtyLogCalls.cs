using System;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using KvmSharp.Hardware.Abi;

namespace KvmSharp.Hardware.Native;

/// <summary>The calls whose structure points at a bitmap.</summary>
[SupportedOSPlatform("linux")]
static unsafe class DirtyLogCalls
{
    internal static KvmErrno TryGet(SafeHandle vm, uint slot, Span<ulong> bitmap)
    {
        // SAFETY: fixed for the call; that it has a bit for each page of the slot is the caller's duty.
        fixed (ulong* words = bitmap)
        {
            var log = new kvm_dirty_log { slot = slot, dirty_bitmap = (ulong)words };
            return Call.Try(vm, Requests.KVM_GET_DIRTY_LOG, ref log);
        }
    }

    internal static KvmErrno TryClear(SafeHandle vm, uint slot, ulong firstPage, uint pages, ReadOnlySpan<ulong> bitmap)
    {
        if (((ulong)pages + 63) / 64 > (ulong)bitmap.Length)
            throw new ArgumentException($"0x{bitmap.Length:x} words have no bit for each of 0x{pages:x} pages", nameof(bitmap));
        // SAFETY: fixed for the call, only read, and just checked to have a bit for each page.
        fixed (ulong* words = bitmap)
        {
            var clear = new kvm_clear_dirty_log
            {
                slot = slot,
                num_pages = pages,
                first_page = firstPage,
                dirty_bitmap = (ulong)words,
            };
            return Call.Try(vm, Requests.KVM_CLEAR_DIRTY_LOG, ref clear);
        }
    }

    /// <summary>Either call with an address of which the caller knows that nothing is mapped there.</summary>
    internal static KvmErrno TryGetAt(SafeHandle vm, uint slot, ulong address)
    {
        var log = new kvm_dirty_log { slot = slot, dirty_bitmap = address };
        return Call.Try(vm, Requests.KVM_GET_DIRTY_LOG, ref log);
    }

    /// <inheritdoc cref="TryGetAt"/>
    internal static KvmErrno TryClearAt(SafeHandle vm, uint slot, ulong firstPage, uint pages, ulong address)
    {
        var clear = new kvm_clear_dirty_log { slot = slot, num_pages = pages, first_page = firstPage, dirty_bitmap = address };
        return Call.Try(vm, Requests.KVM_CLEAR_DIRTY_LOG, ref clear);
    }
}
