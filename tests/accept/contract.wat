;; Imports of a contract with the types that their names demand
;; expect: OK
;; contract: block Frame { seq: u64; pixels: u8[]; }
;; contract: contract Camera {
;; contract:   in message Open(u32 width, u32 height);
;; contract:   in message Close();
;; contract:   out message Picture(i64 time, Frame frame);
;; contract:   state Start: Open? -> Opening;
;; contract:   state Opening: Picture! -> Ready;
;; contract:   state Ready: one { Close? -> end; Open? -> Opening; }
;; contract: }
(module
  (import "singula/Frame" "alloc" (func $alloc (param i32) (result externref)))
  (import "singula/Frame" "new" (func (param i32) (result externref)))
  (import "singula/Frame" "free" (func $free (param externref)))
  (import "singula/Frame" "seq.get" (func (param externref) (result i64)))
  (import "singula/Frame" "pixels.set" (func (param externref i32 i32)))
  (import "singula/Frame" "pixels.read" (func (param externref i32 i32 i32)))
  (import "singula/Frame" "pixels.load.f64" (func (param externref i32) (result f64)))
  (import "singula/Camera" "channel" (func (result externref)))
  (import "singula/Camera" "exp.peer" (func (param externref) (result externref)))
  (import "singula/Camera" "imp.send.Open" (func (param externref i32 i32)))
  (import "singula/Camera" "imp.recv.Picture" (func (param externref i32) (result externref)))
  (import "singula/Camera" "imp.next" (func (param externref) (result i32)))
  (import "singula/Camera" "imp.wait" (func (param externref i64) (result i32)))
  (import "singula/Camera" "imp.close" (func (param externref)))
  (import "singula/ref" "is_null" (func (param externref) (result i32)))
  (import "env" "host" (func (param i32) (result i32)))
  (table 2 funcref)
  (elem (i32.const 0) func $give $plain)
  (func $give (param externref)
    local.get 0
    call $free)
  (func $plain)
  (func (export "main")
    i32.const 16
    call $alloc
    call $give))
