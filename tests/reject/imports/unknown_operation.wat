;; A misspelt operation
;; expect: STR_UNKNOWN_IMPORT func=0 offset=0x13
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
  (import "singula/Frame" "alocate" (func (param i32) (result externref))))
