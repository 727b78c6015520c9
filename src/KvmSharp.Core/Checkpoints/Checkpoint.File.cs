using System;
using System.IO;

namespace KvmSharp.Checkpoints;

// Files.
partial class Checkpoint
{
    /// <summary>
    /// Saves the checkpoint: with a parent, only what differs from it. A file that is there already is replaced when the
    /// new one is complete and on the disk.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <exception cref="ObjectDisposedException">The checkpoint was disposed.</exception>
    /// <exception cref="IOException">The file could not be written.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be written.</exception>
    public void Save(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        string unfinished = path + ".unfinished";
        try
        {
            using (FileStream file = new(unfinished, FileMode.Create, FileAccess.Write))
            {
                Save(file);
                file.Flush(flushToDisk: true);
            }
            File.Move(unfinished, path, overwrite: true);
        }
        catch
        {
            File.Delete(unfinished);
            throw;
        }
    }

    /// <summary>Writes the checkpoint to a stream, which is left open.</summary>
    /// <param name="stream">The stream; it is only written to.</param>
    /// <inheritdoc cref="Save(string)" path="/exception"/>
    public void Save(Stream stream)
    {
        ArgumentNullException.ThrowIfNull(stream);
        ObjectDisposedException.ThrowIf(_disposed, this);
        new CheckpointWriter(stream).Write(this);
    }

    /// <summary>Loads a checkpoint.</summary>
    /// <param name="path">The file.</param>
    /// <param name="parent">The checkpoint that the file says the difference to; none for a whole one.</param>
    /// <exception cref="CheckpointFileException">
    /// The file is no checkpoint, is damaged or cut short, or has another parent. Nothing was loaded.
    /// </exception>
    /// <exception cref="IOException">The file could not be read.</exception>
    /// <exception cref="UnauthorizedAccessException">The file may not be read.</exception>
    /// <exception cref="HostMemory.HostMemoryException">There is no memory for it.</exception>
    public static Checkpoint Load(string path, Checkpoint? parent = null)
    {
        using FileStream file = File.OpenRead(path);
        return Load(file, parent);
    }

    /// <summary>Reads a checkpoint from a stream, which is read to its end and left open.</summary>
    /// <param name="stream">The stream; it is only read from.</param>
    /// <param name="parent">The checkpoint that the stream says the difference to; none for a whole one.</param>
    /// <inheritdoc cref="Load(string, Checkpoint?)" path="/exception"/>
    public static Checkpoint Load(Stream stream, Checkpoint? parent = null)
    {
        ArgumentNullException.ThrowIfNull(stream);
        if (parent is not null)
            ObjectDisposedException.ThrowIf(parent._disposed, parent);
        return new CheckpointReader(stream).Read(parent);
    }
}
