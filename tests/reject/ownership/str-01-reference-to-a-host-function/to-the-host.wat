;; A block passed to a host function
;; expect: STR_FOREIGN_REFERENCE func=2 offset=0x51
;; monitor: - what the host does with a reference is not the guest's mistake
;; contract: block A { x: i32; kid: A; data: u8[]; }
;; contract: block B { must: A!; y: i32; }
;; contract: contract P {
;; contract:   in message Ask(A a);
;; contract:   in message More(B b);
;; contract:   out message Yes(A a);
;; contract:   out message No(i32 why);
;; contract:   state Start: one { Ask? -> Asked; end; }
;; contract:   state Asked: one { Yes! -> Start; No! -> Again; }
;; contract:   state Again: More? -> Start;
;; contract: }
(module
  (import "singula/A" "new" (func $new (param i32) (result externref)))
  (import "env" "host" (func $host (param externref)))
  (memory 1)
  (func $main (export "main")  
  (call $host (call $new (i32.const 4))))
)
