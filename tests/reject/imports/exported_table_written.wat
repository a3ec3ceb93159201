;; The same, put into the exported table by code
;; expect: STR_EXPORTED_REFERENCE func=1 offset=0x45
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
  (import "singula/Frame" "free" (func (param externref)))
  (table (export "t") 1 funcref)
  (elem declare func $give)
  (func $give (param externref)
    local.get 0
    call 0)
  (func (export "put")
    i32.const 0
    ref.func $give
    table.set 0))
