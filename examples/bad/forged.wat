;; A guest that makes a reference out of a number: it passes 4096 where a Frame is wanted.
;; Ordinary WebAssembly typing already refuses it, before any of it runs.
(module
  (import "singula/Frame" "free" (func $free (param externref)))
  (func $forge (export "_start")
    (call $free (i32.const 4096)))
  (@custom "singula.contract" "block Frame { seq: u64; pixels: u8[]; }"))
