// SPDX-License-Identifier: Apache-2.0
#include "backend_hip/code_object.hpp"

#include <gtest/gtest.h>

#include <cstring>
#include <random>

/// The reader of code objects on a small one made by hand, whole and damaged.
namespace flashrnn::hip::test {
namespace {

template <class T>
void put(std::string* file, std::size_t offset, T value) {
  std::memcpy(file->data() + offset, &value, sizeof value);
}

std::string text(const std::string& value) {
  return static_cast<char>(0xa0 + static_cast<int>(value.size())) + value;  // up to 31 characters
}

/// Integers in the formats that compilers choose among, and a value that nobody reads in each map.
std::string metadata() {
  std::string kernel = "\x87";
  kernel += text(".name") + text("flashrnn_kernel");
  kernel += text(".vgpr_count") + std::string("\xcd\x01\x00", 3);  // 256
  kernel += text(".agpr_count") + std::string("\xcc\xff", 2);
  kernel += text(".sgpr_count") + "\x5e";
  kernel += text(".private_segment_fixed_size") + std::string("\xd1\xff\xfe", 3);  // -2
  kernel += text(".wavefront_size") + std::string("\xce\x00\x00\x00\x40", 5);
  kernel += text(".args") + "\x92\x81" + text(".size") + std::string("\xcb\0\0\0\0\0\0\0\0", 9) + "\xc0";
  std::string all = "\x83";
  all += text("amdhsa.version") + "\x92\x01\x02";
  all += text("amdhsa.target") + text("amdgcn-amd-amdhsa--gfx942");
  all += text("amdhsa.kernels") + "\x91" + kernel;
  return all;
}

constexpr std::size_t kProgram = 64, kNote = 64 + 56;

std::string code_object(const std::string& description) {
  const std::string owner("AMDGPU\0\0", 8);  // padded to 4
  const std::size_t note = 12 + owner.size() + (description.size() + 3) / 4 * 4;
  std::string file(kNote + note, '\0');
  std::memcpy(file.data(), "\177ELF\2\1", 6);
  put<std::uint16_t>(&file, 18, 224);
  put<std::uint64_t>(&file, 32, kProgram);
  put<std::uint16_t>(&file, 54, 56);
  put<std::uint16_t>(&file, 56, 1);
  put<std::uint32_t>(&file, kProgram, 4);
  put<std::uint64_t>(&file, kProgram + 8, kNote);
  put<std::uint64_t>(&file, kProgram + 32, note);
  put<std::uint32_t>(&file, kNote, 7);
  put<std::uint32_t>(&file, kNote + 4, static_cast<std::uint32_t>(description.size()));
  put<std::uint32_t>(&file, kNote + 8, 32);
  file.replace(kNote + 12, owner.size(), owner);
  file.replace(kNote + 12 + owner.size(), description.size(), description);
  return file;
}

TEST(CodeObject, IsRead) {
  CodeObject object;
  const Status status = read_code_object(code_object(metadata()), &object);
  ASSERT_TRUE(status.ok()) << status.message();
  EXPECT_EQ(object.target, "amdgcn-amd-amdhsa--gfx942");
  ASSERT_EQ(object.kernels.size(), 1U);
  const CodeObjectKernel& kernel = object.kernels[0];
  EXPECT_EQ(kernel.name, "flashrnn_kernel");
  EXPECT_EQ(kernel.vector_registers, 256);
  EXPECT_EQ(kernel.accumulator_registers, 255);
  EXPECT_EQ(kernel.scalar_registers, 94);
  EXPECT_EQ(kernel.scratch_bytes, -2);
  EXPECT_EQ(kernel.wave_size, 64);
  EXPECT_EQ(kernel.vector_spills, -1) << "it is not there";
}

TEST(CodeObject, CutOffIsAnError) {
  const std::string description = metadata();
  const std::string file = code_object(description);
  for (std::size_t bytes = 0; bytes < file.size(); ++bytes) {
    CodeObject object;
    // On the heap and no longer than that, so that sanitizers see each byte too far.
    const std::string part = file.substr(0, bytes);
    EXPECT_EQ(read_code_object(part, &object).code(), FLASHRNN_INVALID_ARGUMENT) << bytes;
  }
  for (std::size_t bytes = 0; bytes < description.size(); ++bytes) {
    CodeObject object;
    EXPECT_FALSE(read_code_object(code_object(description.substr(0, bytes)), &object).ok()) << bytes;
  }
}

TEST(CodeObject, DamagedDoesNotCrash) {
  const std::string file = code_object(metadata());
  std::mt19937 random(5);
  for (int round = 0; round < 20000; ++round) {
    std::string damaged = file;
    for (int flips = 0; flips < 1 + round % 4; ++flips) {
      damaged[random() % damaged.size()] = static_cast<char>(random() % 256);
    }
    CodeObject object;
    (void)read_code_object(damaged, &object);
  }
}

TEST(CodeObject, DeepNestingIsAnError) {
  CodeObject object;
  const std::string deep = "\x81" + text("x") + std::string(100000, '\x91') + "\x01";
  EXPECT_FALSE(read_code_object(code_object(deep), &object).ok());
}

}  // namespace
}  // namespace flashrnn::hip::test
