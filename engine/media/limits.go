// SPDX-License-Identifier: AGPL-3.0-or-later

package media

// Pictures larger than this are refused: 32768 a side, and as many samples as
// 16384 x 8192. A picture bomb of 900 million samples must not get to a decoder.
const (
	maxSide   = 32768
	maxPixels = 1 << 27
)

// demuxers lists the container formats that may be read. Left out on purpose
// is everything that can open a second file or a socket or that turns any text
// into pictures: hls, dash, concat, sdp, rtsp, imf, image2 sequences, lavfi,
// svg, tty, vobsub, subtitle formats, devices. A format is found by content alone.
const demuxers = "3dostr,amv,apng,asf,asf_o,avi,avs2,avs3,bmp_pipe,cavsvideo,dds_pipe,dirac,dnxhd,dpx_pipe,dv,dvbsub," +
	"exr_pipe,flic,flv,live_flv,gif,gif_pipe,gxf,h261,h263,h264,hevc,ico,ipu,ivf,j2k_pipe,jpeg_pipe,jpegls_pipe," +
	"jpegxl_pipe,jpegxl_anim,kux,m4v,matroska,webm,mjpeg,mjpeg_2000,mov,mp4,m4a,3gp,3g2,mj2,mpeg,mpegts,mpegtsraw," +
	"mpegvideo,mpjpeg,mxf,nsv,nut,obu,ogg,pam_pipe,pbm_pipe,pcx_pipe,pgm_pipe,pgmyuv_pipe,png_pipe,ppm_pipe," +
	"psd_pipe,qoi_pipe,rm,roq,smjpeg,smk,swf,tiff_pipe,vc1,vc1test,vivo,vvc,webp_pipe,wtv,yuv4mpegpipe," +
	// sound, so that a sound file is told apart from a file that is no media at all
	"aac,ac3,aiff,amr,ape,caf,dts,eac3,flac,mp3,tta,w64,wav,wv"

// protocols that a child may use. The input is a descriptor of ours.
const protocols = "file,pipe"
