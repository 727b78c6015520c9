using System;
using System.Buffers.Binary;
using System.Collections.Generic;
using System.IO;
using System.IO.Compression;

namespace KvmSharp.Lab.Tests.Reports;

/// <summary>Just enough of PNG to see whether a screenshot shows anything.</summary>
static class Png
{
    /// <summary>How many different lines of pixels a picture has, compared as they are packed.</summary>
    internal static int CountDifferentLines(byte[] png)
    {
        const int SignatureLength = 8, HeaderLength = 8, ChecksumLength = 4;
        const int HeaderWidth = 0, HeaderDepth = 8, HeaderColor = 9;
        int width = 0, bytesPerPixel = 0;
        using var packed = new MemoryStream();
        for (int at = SignatureLength; at < png.Length;)
        {
            int length = BinaryPrimitives.ReadInt32BigEndian(png.AsSpan(at));
            string kind = System.Text.Encoding.ASCII.GetString(png, at + 4, 4);
            ReadOnlySpan<byte> data = png.AsSpan(at + HeaderLength, length);
            if (kind == "IHDR")
            {
                width = BinaryPrimitives.ReadInt32BigEndian(data[HeaderWidth..]);
                bytesPerPixel = data[HeaderDepth] / 8 * (data[HeaderColor] == 6 ? 4 : 3);
            }
            else if (kind == "IDAT")
            {
                packed.Write(data);
            }
            at += HeaderLength + length + ChecksumLength;
        }
        packed.Position = 0;
        using var unpacked = new ZLibStream(packed, CompressionMode.Decompress);
        var lines = new HashSet<string>();
        byte[] line = new byte[1 + (width * bytesPerPixel)];
        while (unpacked.ReadAtLeast(line, line.Length, throwOnEndOfStream: false) == line.Length)
            lines.Add(Convert.ToBase64String(line));
        return lines.Count;
    }
}
