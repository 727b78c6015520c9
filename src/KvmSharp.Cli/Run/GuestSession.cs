using System;
using System.Diagnostics;
using System.IO;
using System.Threading;
using KvmSharp.Backends;
using KvmSharp.Cli.Run.Boot;
using KvmSharp.Cli.Run.Images;
using KvmSharp.HostMemory;

namespace KvmSharp.Cli.Run;

/// <summary>Builds the machine, runs the guest in it, and reports: the command's work once its options are read.</summary>
static class GuestSession
{
    // Larger files are not images of guests; an array could not hold them either.
    const long MostImageBytes = 1L << 30;

    /// <returns>The guest's exit code.</returns>
    /// <exception cref="CommandException">The image or the machine cannot be used, or the guest did not end by itself.</exception>
    internal static int Run(RunOptions options, Terminal terminal, CancellationToken interruption)
    {
        if (!options.Backend.IsAvailable(out string? reason))
            throw new CommandException(ExitCode.NotSupported, $"backend {options.Backend.Name}: {reason}");
        GuestLoader loader = ReadImage(options);
        using StreamWriter? traceFile = OpenTrace(options.TracePath);
        try
        {
            using AnonymousMemory memory = AnonymousMemory.Create(options.MemoryBytes);
            using IMachine machine = options.Backend.CreateMachine(new VirtualMachineOptions
            {
                MaxVcpus = RunOptions.MostCpus,
                SlotStore = options.SlotStore,
                VcpuStore = options.VcpuStore,
            });
            if (options.Irqchip && machine.TryCreateIrqchip() is var errno && errno != KvmErrno.None)
                throw new KvmException("KVM_CREATE_IRQCHIP", errno, "there are no vCPUs yet");
            loader.Load(machine, memory);
            IVcpu[] vcpus = loader.CreateVcpus(machine, options.Irqchip);
            InstructionTrace? trace = traceFile is null ? null : new InstructionTrace(traceFile, machine.Memory);
            var run = new GuestRun(vcpus, terminal, terminal.In, trace);
            long start = Stopwatch.GetTimestamp();
            GuestEnd end = run.ToEnd(options.Timeout, interruption);
            TimeSpan elapsed = Stopwatch.GetElapsedTime(start);
            if (options.Stats)
                new RunStatistics(vcpus, run.Exits, elapsed).Write(terminal.Error);
            return end.Message is null ? end.ExitCode : throw new CommandException(ExitCode.Failed, end.Message);
        }
        catch (HostMemoryException exception)
        {
            throw new CommandException(ExitCode.NotSupported, exception.Message);
        }
        catch (KvmException exception)
        {
            throw new CommandException(ExitCode.NotSupported, exception.Message);
        }
    }

    static GuestLoader ReadImage(RunOptions options)
    {
        try
        {
            byte[] file = ReadFile(options.ImagePath);
            GuestImage image = ImageReader.Read(file, options.Mode, options.Entry);
            // A multiboot kernel expects its own name before its arguments.
            string commandLine = image.IsMultiboot
                ? $"{Path.GetFileName(options.ImagePath)} {options.Arguments}".TrimEnd()
                : options.Arguments;
            var record = new BootRecord(options.MemoryBytes, options.Cpus, options.Slots, commandLine);
            record.Check();
            var loader = new GuestLoader(image, record);
            loader.Check();
            return loader;
        }
        catch (ImageException exception)
        {
            throw CommandException.WrongUse($"\"{options.ImagePath}\" {exception.Message}");
        }
    }

    static byte[] ReadFile(string path)
    {
        try
        {
            var file = new FileInfo(path);
            if (Directory.Exists(path))
                throw new ImageException("is a folder");
            if (!file.Exists)
                throw new ImageException("does not exist");
            return file.Length <= MostImageBytes
                ? File.ReadAllBytes(path)
                : throw new ImageException($"is too large: {file.Length} bytes");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or ArgumentException or NotSupportedException)
        {
            throw new ImageException($"cannot be read: {exception.Message}");
        }
    }

    static StreamWriter? OpenTrace(string? path)
    {
        if (path is null)
            return null;
        try
        {
            return new StreamWriter(path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException
            or ArgumentException or NotSupportedException)
        {
            throw CommandException.WrongUse($"cannot write \"{path}\": {exception.Message}");
        }
    }
}
