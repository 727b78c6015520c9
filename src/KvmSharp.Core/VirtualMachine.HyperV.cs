using System.Threading;
using KvmSharp.HyperV;
using KvmSharp.Vcpus;

namespace KvmSharp;

// The Hyper-V interface: nothing until it is used.
partial class VirtualMachine
{
    HyperVMachine? _hyperV;

    /// <summary>The Hyper-V interface that its guest may be shown, made when it is first asked for.</summary>
    public HyperVMachine HyperV =>
        Volatile.Read(ref _hyperV) ?? Interlocked.CompareExchange(ref _hyperV, new HyperVMachine(this), null) ?? _hyperV;

    /// <summary>Takes the VP index of a vCPU that is gone back, so that whoever has its index next begins with that.</summary>
    internal void ForgetVpIndex(Vcpu vcpu) => Volatile.Read(ref _hyperV)?.Forget(vcpu);
}
