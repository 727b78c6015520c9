namespace KvmSharp.Cli.Conform.Machines;

/// <summary>Calls that only the kernel's machine has.</summary>
interface IKernelCalls
{
    /// <summary>A request that is to fail, to the machine or to a vCPU.</summary>
    KvmErrno TryAt(uint? vcpu, uint number, uint address);
}
